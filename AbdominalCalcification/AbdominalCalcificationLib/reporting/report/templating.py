"""From templates, the program's own or a site's, to HTML."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from ...errors import InputError

_OWN = Path(__file__).with_name("templates")
MAIN = "report.html"
#: Files that a site can put another in the place of.
TEMPLATE_FILES = tuple(sorted(each.name for each in _OWN.glob("*.*")))
_INSTALL = (
    "install it with pip install 'abdominal-calcification[report]' (in Slicer, pip_install in its Python console)"
)


def check_template(folder: Path | None) -> None:
    """Refuse a folder of templates from which nothing would be taken.

    Raises
    ------
    InputError
    """
    if folder is None:
        return
    if not folder.is_dir():
        raise InputError(f"'{folder}' is no folder; name one with templates of the report, such as {MAIN}.")
    if not any((folder / name).is_file() for name in TEMPLATE_FILES):
        raise InputError(f"'{folder}' holds no template of the report; they are called {', '.join(TEMPLATE_FILES)}.")


def check_packages() -> None:
    """Refuse to begin where what renders a report is not installed.

    Raises
    ------
    InputError
    """
    for name in ("jinja2", "reportlab"):
        required(name)


def rendered_html(context: Mapping[str, Any], folder: Path | None = None, main: str = MAIN) -> str:
    """Return the page that the templates make of a context.

    Templates are text, not programs: they run in Jinja's sandbox, and what they show is escaped.

    Parameters
    ----------
    context : mapping
        :func:`content.report_context`.
    folder : Path, optional
        Whose templates go before the program's own.
    main : str
        The template that includes the others.

    Raises
    ------
    InputError
        Where a template is wrong, or shows numbers without the verdict on them.
    """
    check_template(folder)
    jinja2 = required("jinja2")
    from jinja2.sandbox import SandboxedEnvironment

    loaders = [jinja2.FileSystemLoader(str(each)) for each in (folder, _OWN) if each is not None]
    environment = SandboxedEnvironment(
        loader=jinja2.ChoiceLoader(loaders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    try:
        page = environment.get_template(main).render(_with_markup(context))
    except jinja2.TemplateSyntaxError as error:
        where = f"{error.name or main}, line {error.lineno}"
        raise InputError(f"The template {where} is wrong ({error.message}); correct it.") from None
    except (jinja2.TemplateError, UnicodeDecodeError, ArithmeticError, TypeError, ValueError, LookupError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"The templates of the report cannot be used ({reason}); correct them.") from None
    if escape(context["verdict"]["headline"], quote=False) not in _plain_quotes(page):
        raise InputError(
            "The templates of the report show no verdict; put {{ verdict.headline }} before the numbers in one of them."
        )
    return page


def required(name: str):
    """Import a package that only reports need.

    Raises
    ------
    InputError
        Which says how to install it.
    """
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        raise InputError(f"A report needs the package {name}, which is missing; {_INSTALL}.") from None


def _with_markup(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the context with the program's own SVG marked as what it is."""
    from markupsafe import Markup

    result = context["result"]
    if result is None or "profile" not in result:
        return dict(context)
    return {**context, "result": {**result, "profile": Markup(result["profile"])}}


def _plain_quotes(page: str) -> str:
    """Return HTML with quotation marks as they are; what autoescape makes of them."""
    return page.replace("&#39;", "'").replace("&#34;", '"')
