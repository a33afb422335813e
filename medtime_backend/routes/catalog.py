"""/catalog: search, detail and sources, for everybody; the same answer for all, so that caches may keep it."""

from typing import Annotated, Any, get_args

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import Parameter

from medtime_backend import errors, formats
from medtime_backend.answers import Answer
from medtime_backend.authentication import PUBLIC, RATE_GROUP, TOKEN_WELCOME
from medtime_backend.ready_answer import ReadyAnswer
from medtime_backend.request_headers import header, header_values
from medtime_backend.routes.documentation import documented_public
from medtime_backend.routes.parameters import refuse_unknown
from medtime_backend.schemas.catalog import ProductAnswer, SearchAnswer, Source, SourcesAnswer, Status
from medtime_backend.services.catalog import PRODUCT_ID, Catalog, Search

# An hour at the edge: what a seed brings shows there within it, and a minute later everywhere.
CACHE_CONTROL = "public, max-age=300, s-maxage=3600, stale-while-revalidate=86400"
OPTIONAL_TOKEN = (*errors.access_problems(), errors.Busy)
MOST_CHARACTERS = 200
# Told, and answered as unknown when it does not fit.
ID_PATTERN = f"^{PRODUCT_ID.pattern}$"
FILTERS = ("source", "country", "form", "ingredient", "status", "lang", "limit", "cursor")


@get("/search", responses=documented_public(SearchAnswer, *OPTIONAL_TOKEN))
async def search(
    request: Request[Any, Any, Any],
    drugs: NamedDependency[Catalog],
    q: Annotated[
        str,
        Parameter(
            description="Names, brands, substances, strengths, codes",
            schema_extra={"minLength": 1, "maxLength": MOST_CHARACTERS},
        ),
    ],
    source: Annotated[str | None, Parameter(schema_extra={"enum": list(get_args(Source))})] = None,
    country: Annotated[str | None, Parameter(schema_extra={"enum": ["US", "MX", "EU"]})] = None,
    form: Annotated[str | None, Parameter(description="Dose form, in English or Spanish")] = None,
    ingredient: Annotated[str | None, Parameter(description="A substance, by any name or its id")] = None,
    status: Annotated[str, Parameter(schema_extra={"enum": [*get_args(Status), "any"]})] = "active",
    lang: Annotated[
        str, Parameter(description="Of the ingredients' names", schema_extra={"enum": ["en", "es"]})
    ] = "en",
    limit: Annotated[int, Parameter(ge=1, le=50)] = 20,
    cursor: Annotated[str | None, Parameter(description="`next` of the page before")] = None,
) -> Response[bytes]:
    """Products by name, brand, substance, strength or code, the best first; each says why it is there."""
    refuse_unknown(request, "q", *FILTERS)
    given = {"q": q, "source": source, "country": country, "form": form, "ingredient": ingredient, "status": status}
    _refuse_unreadable({**given, "lang": lang, "cursor": cursor})
    # In one spelling, so that what is the same search is kept once.
    asked = Search(
        query=" ".join(q.split()).lower(),
        source=source,
        country=country,
        form=form,
        ingredient=ingredient,
        status=status,
        lang=lang,
        limit=limit,
        cursor=cursor,
    )
    return respond(request, await drugs.search(asked))


@get("/sources", responses=documented_public(SourcesAnswer, *OPTIONAL_TOKEN))
async def sources(request: Request[Any, Any, Any], drugs: NamedDependency[Catalog]) -> Response[bytes]:
    """Where the catalog is from, and how old that is."""
    refuse_unknown(request)
    return respond(request, await drugs.sources())


@get("/{product_id:str}", responses=documented_public(ProductAnswer, errors.UnknownProduct, *OPTIONAL_TOKEN))
async def product(
    request: Request[Any, Any, Any],
    drugs: NamedDependency[Catalog],
    product_id: Annotated[
        str, Parameter(description="rxnorm:161, ema:EMEA-H-C-000115", schema_extra={"pattern": ID_PATTERN})
    ],
) -> Response[bytes]:
    """All that is known of a product: names, ingredients, codes, related products, provenance."""
    refuse_unknown(request)
    return respond(request, await drugs.product(product_id))


def respond(request: Request[Any, Any, Any], answer: Answer) -> Response[bytes]:
    """The answer, or that the client has it already."""
    headers = {"ETag": answer.tag, "Cache-Control": CACHE_CONTROL, "Vary": "Accept-Encoding"}
    given = ",".join(header_values(request.scope, b"if-none-match"))
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    if "*" in tags or answer.tag.removeprefix("W/") in tags:
        return ReadyAnswer(b"", status_code=304, headers=headers, media_type=formats.JSON)
    if answer.packed is not None and formats.accepts_gzip(header(request.scope, b"accept-encoding")):
        return ReadyAnswer(answer.packed, media_type=formats.JSON, headers={**headers, "Content-Encoding": "gzip"})
    return ReadyAnswer(answer.body, media_type=formats.JSON, headers=headers)


def _refuse_unreadable(given: dict[str, str | None]) -> None:
    """Raise InvalidParameter for what the database could not read, and for far too long texts, before it is asked."""
    wrong = [
        name
        for name, value in given.items()
        if value is not None and ("\0" in value or (not value.isascii() and not _encodes(value)) or _too_long(value))
    ]
    if wrong or not (given["q"] or "").strip():
        raise errors.InvalidParameter(parameters=wrong or ["q"])


def _encodes(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _too_long(value: str) -> bool:
    return len(value) > MOST_CHARACTERS and len(value.strip()) > MOST_CHARACTERS


router = Router(
    "/catalog",
    route_handlers=[search, sources, product],
    tags=["catalog"],
    opt={PUBLIC: True, TOKEN_WELCOME: True, RATE_GROUP: "catalog"},
)
