"""Giving out files: one door, open to those who may see the case."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from processes import doors
from processes.doors import for_case_viewers
from tasks import access, filestore
from tasks.models import CaseFile


@require_safe
@for_case_viewers
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file to be saved, never to be shown by the browser; 404 for a file of a case one may not see."""
    rows = CaseFile.objects.visible_to(doors.scope(request)).select_related("instance")
    row = rows.filter(pk=pk).first()
    if row is None or row.instance is None:
        raise Http404
    access.log_reading(request.user, row.instance)
    try:
        contents = filestore.open_file(row)
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(contents, as_attachment=True, filename=row.name, content_type=row.content_type)
    response["X-Content-Type-Options"] = "nosniff"
    # Should a browser show it all the same, it does so without scripts, forms and our address.
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
