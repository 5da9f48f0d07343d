"""The URL map: every door of the house."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from people.views import home
from prozesstool import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("", include("people.urls")),
    path("", include("tasks.urls")),
    path("", include("processes.urls")),
    path("admin/", admin.site.urls),
    path("customers/", include("customers.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler400 = "prozesstool.errors.bad_request"
handler403 = "prozesstool.errors.forbidden"
handler404 = "prozesstool.errors.not_found"
handler500 = "prozesstool.errors.server_error"
