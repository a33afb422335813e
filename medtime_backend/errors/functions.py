"""Problems of edge functions alone (supabase/functions)."""

from medtime_backend.errors.problem import Problem


class SecretKeyNeeded(Problem):
    """An edge function that only our own servers may call was called without the project's secret key."""

    slug, status = "secret-key-needed", 401
    title = "Only our own servers may call this"
    advice = "Send the project's secret key in the apikey header; phones have nothing to call here."
    rpc_only = True
