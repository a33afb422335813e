"""Problems of sharing: an app meets them through RPC, since no endpoint of the service invites or accepts."""

from medtime_backend.errors.problem import Problem


class InvitationUnknown(Problem):
    """The code is of no invitation that this user can still accept: mistyped, declined, withdrawn or used."""

    slug, status = "invitation-unknown", 404
    title = "No such invitation"
    advice = "Check the code; if it is right, ask the owner for a new one."
    rpc_only = True


class InvitationExpired(Problem):
    """The code is right, but its time is over."""

    slug, status = "invitation-expired", 410
    title = "The invitation has expired"
    advice = "Ask the owner for a new code."
    rpc_only = True


class OwnInvitation(Problem):
    """The code is the caller's own."""

    slug, status = "own-invitation", 422
    title = "This is your own invitation"
    advice = "Give the code to the caregiver; to take it back, revoke it by its id."
    rpc_only = True


class LinkUnknown(Problem):
    """The caller has no family link and no invitation of this id; those of others are not told from none."""

    slug, status = "link-unknown", 404
    title = "No such family link"
    advice = "List the links again."
    rpc_only = True


class TooManyInvitations(Problem):
    """An owner would have more than 20 open invitations."""

    slug, status = "too-many-invitations", 403
    title = "Too many open invitations"
    advice = "Withdraw one, or wait until one expires."
    rpc_only = True


class TooManyCaregivers(Problem):
    """An owner would have more than 200 caregivers."""

    slug, status = "too-many-caregivers", 403
    title = "Too many caregivers"
    advice = "The owner has to revoke a link first; the code stays good."
    rpc_only = True


class TooManyOwners(Problem):
    """A caregiver would have more than 200 owners."""

    slug, status = "too-many-owners", 403
    title = "Too many owners"
    advice = "Revoke a link that is not needed any more first; the code stays good."
    rpc_only = True
