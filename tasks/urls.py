"""Doors to tasks."""

from django.urls import path

from tasks.views import actions, files, inbox, messages, task, timing

app_name = "tasks"
urlpatterns = [
    path("tasks/", inbox.index, name="inbox"),
    path("tasks/<int:pk>/", task.detail, name="detail"),
    path("tasks/<int:pk>/claim/", actions.claim, name="claim"),
    path("tasks/<int:pk>/release/", actions.release, name="release"),
    path("tasks/<int:pk>/reassign/", actions.reassign, name="reassign"),
    path("tasks/<int:pk>/urgency/", actions.urgency, name="urgency"),
    path("tasks/<int:pk>/comment/", actions.comment, name="comment"),
    path("tasks/<int:pk>/check/<int:item>/", actions.check, name="check"),
    path("tasks/<int:pk>/draft/", actions.draft, name="draft"),
    path("tasks/<int:pk>/complete/", actions.complete, name="complete"),
    path("files/<int:pk>/", files.download, name="file"),
    path("tasks/<int:pk>/postpone/", timing.postpone, name="postpone"),
    path("tasks/<int:pk>/take-up/", timing.take_up, name="take_up"),
    path("tasks/<int:pk>/deadline/", timing.move_deadline, name="move_deadline"),
    path("tasks/<int:pk>/extend/", timing.extend_deadline, name="extend_deadline"),
    path("tasks/<int:pk>/escalate/", timing.escalate, name="escalate"),
    path("standstills/", timing.standstills, name="standstills"),
    path("standstills/<int:pk>/teams/<int:team>/", timing.extend, name="extend"),
    path("legal-deadlines/", timing.legal_today, name="legal_today"),
    path("notifications/", messages.notifications, name="notifications"),
    path("notifications/<int:pk>/read/", messages.read, name="notification_read"),
    path("notifications/read/", messages.read_all, name="notifications_read"),
    path("search/", messages.search, name="search"),
]
