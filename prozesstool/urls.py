"""The URL map: every door of the house."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("_nested_admin/", include("nested_admin.urls")),
]
