"""What a test sees of the platform: where it is, how a launch begins, what it got, and what it can be told."""

import json

from django.contrib.auth import login
from django.http import HttpResponseRedirect, JsonResponse
from django.urls import include, path
from edx_host import campus
from edx_host.campus import BASE, CAMPUS, TOOL
from lti_consumer import api, data, models


def info(request):
    """What an administrator of the tool types in."""
    passport = models.Lti1p3Passport.objects.get()
    service = f"{BASE}/api/lti_consumer/v1"
    return JsonResponse(
        {
            "issuer": BASE,
            "client_id": campus.CLIENT_ID,
            "deployment_id": campus.DEPLOYMENT_ID,
            "auth_url": f"{service}/launch/",
            "token_url": f"{service}/token/{passport.passport_id}",
            "jwks_url": f"{service}/public_keysets/{passport.passport_id}",
            "subjects": {u.username: campus.external_id(u) for u in campus.User.objects.all()},
        }
    )


def start(request):
    """The click on a link: `user`, `link`, `target` (iframe or window); `dl` asks for the picker, `item` is the id of a
    chosen content item."""
    wanted = request.GET
    user = campus.User.objects.get(username=wanted["user"])
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    link = CAMPUS.links[wanted.get("link", "exam")]
    launch = data.Lti1p3LaunchData(
        user_id=user.id,
        external_user_id=campus.external_id(user),
        user_role=CAMPUS.roles[user.username],
        config_id=campus.configuration_of(link).config_id,
        resource_link_id=str(link.location),
        name=user.get_full_name(),
        email=user.email,
        context_id=str(link.course),
        context_type=["course_offering"],
        context_title=f"Course {link.course.course}",
        context_label=link.course.course,
        launch_presentation_document_target=wanted.get("target", "iframe"),
        launch_presentation_return_url=f"{BASE}/course",
        custom_parameters=link.custom,
    )
    return HttpResponseRedirect(
        api.get_lti_1p3_launch_start_url(
            launch, deep_link_launch="dl" in wanted, dl_content_id=wanted.get("item")
        )
    )


def put_link(request):
    """POST {name, course, custom, target, ags: programmatic | declarative | disabled, nrps}."""
    told = json.loads(request.body)
    configuration = campus.put_link(
        told["name"],
        course=told.get("course", "LTI"),
        custom=told.get("custom", {}),
        target=told.get("target") or f"{TOOL}/lti/launch",
        ags=told.get("ags", "programmatic"),
        nrps=told.get("nrps", True),
    )
    link = CAMPUS.links[told["name"]]
    return JsonResponse(
        {"id": configuration.pk, "resource_link_id": str(link.location), "context_id": str(link.course)}
    )


def tell(request):
    """POST any of {roles: {user: role or null}, nrps_page, scopes (null: all), rotate_key: true, forget_grades: true}."""
    told = json.loads(request.body)
    for username, role in told.get("roles", {}).items():
        if role is None:
            CAMPUS.roles.pop(username, None)
        else:
            campus.add_person(username, role)
    if "nrps_page" in told:
        CAMPUS.nrps_page = told["nrps_page"]
    if "scopes" in told:
        campus.allow_scopes(campus.EVERY_SCOPE if told["scopes"] is None else told["scopes"])
    if told.get("rotate_key"):
        campus.rotate_key()
    if told.get("forget_grades"):
        CAMPUS.grades.clear()
    return JsonResponse({"roles": CAMPUS.roles})


def grades(request):
    return JsonResponse(CAMPUS.grades, safe=False)


def deep_links(request):
    """What the picker sent for a link."""
    link = CAMPUS.links[request.GET.get("link", "exam")]
    items = campus.configuration_of(link).ltidlcontentitem_set.order_by("pk")
    return JsonResponse(
        [{"id": item.pk, "type": item.content_type} | item.attributes for item in items], safe=False
    )


def line_items(request):
    """The columns of a link's gradebook, with the scores that the platform keeps."""
    columns = campus.configuration_of(CAMPUS.links[request.GET.get("link", "exam")]).ltiagslineitem_set
    return JsonResponse(
        [
            {
                "id": item.pk,
                "label": item.label,
                "scoreMaximum": item.score_maximum,
                "resourceId": item.resource_id,
                "tag": item.tag,
                "scores": list(
                    item.scores.values(
                        "user_id", "score_given", "score_maximum", "grading_progress", "comment", "timestamp"
                    )
                ),
            }
            for item in columns.order_by("pk")
        ],
        safe=False,
    )


urlpatterns = [
    path("info", info),
    path("start", start),
    path("links", put_link),
    path("tell", tell),
    path("grades", grades),
    path("deep-links", deep_links),
    path("line-items", line_items),
    path("api/", include("lti_consumer.plugin.urls")),
]
