"""Doors to the own account: in, out, profile, password; one-time links."""

from django.urls import path

from people import views

app_name = "people"

urlpatterns = [
    path("account/", views.profile, name="profile"),
    path("account/login/", views.login, name="login"),
    path("account/logout/", views.logout, name="logout"),
    path("account/password/", views.password_change, name="password_change"),
    path("account/reset/", views.password_reset, name="password_reset"),
    path("account/reset/sent/", views.password_reset_done, name="password_reset_done"),
    path(
        "account/reset/<str:uidb64>/<str:token>/",
        views.PasswordResetConfirm.as_view(),
        name="password_reset_confirm",
    ),
    path("account/reset/done/", views.password_reset_complete, name="password_reset_complete"),
    path("invitation/<str:secret>/", views.accept_invitation, name="accept_invitation"),
    path("setup/<str:secret>/", views.set_up, name="setup"),
]
