"""Problems of the drug catalog."""

from medtime_backend.errors.problem import Problem


class UnknownProduct(Problem):
    """The catalog has no product of this id."""

    slug, status = "unknown-product", 404
    title = "No such product"
    advice = "Take the id from a search; ids stay the same in every release."
