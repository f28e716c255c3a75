"""Doors of the members to classes, reflections and certificates, and the public one to verify a certificate."""

from __future__ import annotations

from django.urls import URLPattern, path

from courses.certifying import views as certificates
from courses.reflecting import views as reflections

from . import views

urlpatterns: list[URLPattern] = [
    path("classes/", views.my_classes, name="my_classes"),
    path("classes/<int:class_id>/", views.my_class, name="my_class"),
    path("reflections/<int:task_id>/", reflections.reflection, name="reflection"),
    path("reflections/<int:task_id>/draft/", reflections.reflection_draft, name="reflection_draft"),
    path(
        "study/<int:activity_id>/reflection/<str:part>/",
        reflections.reflection_of_part,
        name="reflection_of_part",
    ),
    path("me/certificates/", certificates.my_certificates, name="my_certificates"),
    path("certificates/<str:number>.pdf", certificates.certificate_pdf, name="certificate_pdf"),
    path("verify/", certificates.verify_form, name="verify_form"),
    path("verify/<str:number>/", certificates.verify_certificate, name="verify_certificate"),
]
