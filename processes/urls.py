"""Doors to processes and cases."""

from django.urls import path

from processes.views import cases, catalogue, trials

app_name = "processes"
urlpatterns = [
    path("processes/", catalogue.index, name="catalogue"),
    path("processes/<slug:key>/start/", catalogue.start, name="start"),
    path("processes/urgency/", catalogue.urgency, name="urgency"),
    path("trials/<int:pk>/start/", trials.start, name="trial_start"),
    path("cases/<int:pk>/advance/", trials.advance, name="advance_trial"),
    path("cases/<int:pk>/remove-trial/", trials.remove, name="remove_trial"),
    path("cases/", cases.index, name="instances"),
    path("cases/<int:pk>/", cases.detail, name="instance"),
    path("cases/<int:pk>/course/", cases.course, name="course"),
    path("cases/<int:pk>/comment/", cases.comment, name="comment"),
    path("cases/<int:pk>/cancel/", cases.cancel, name="cancel"),
    path("cases/<int:pk>/renew/", cases.renew, name="renew"),
    path("cases/<int:pk>/urgency/", cases.urgency, name="set_urgency"),
    path("cases/<int:pk>/deadline/", cases.move_deadline, name="move_deadline"),
    path("cases/<int:pk>/escalate/", cases.escalate, name="escalate"),
    path("cases/<int:pk>/suspend/", cases.suspend, name="suspend"),
    path("cases/<int:pk>/resume/", cases.resume, name="resume"),
    path("cases/<int:pk>/incidents/<int:incident>/retry/", cases.retry, name="retry"),
]
