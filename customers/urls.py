"""Doors to the customers."""

from django.urls import path

from customers import views

app_name = "customers"

urlpatterns = [
    path("", views.customer_list, name="list"),
    path("search/", views.picker, name="picker"),
    path("options/", views.options, name="options"),
    path("new/", views.create, name="create"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/interactions/add/", views.record_interaction, name="record_interaction"),
    path("<int:pk>/contacts/add/", views.add_contact, name="add_contact"),
    path("<int:pk>/contacts/<int:point_id>/edit/", views.edit_contact, name="edit_contact"),
    path("<int:pk>/contacts/<int:point_id>/remove/", views.remove_contact, name="remove_contact"),
]
