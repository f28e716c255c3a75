"""Free practice and the wrong-answer notebook, for members."""

from django.urls import path

from .views import notebook, practice

urlpatterns = [
    path("practice/", practice.index, name="practice"),
    path("practice/banks/<int:bank_id>/", practice.bank, name="practice_bank"),
    path("practice/runs/<int:run_id>/", practice.resume, name="practice_run"),
    path("practice/runs/<int:run_id>/<int:slot>/", practice.slot, name="practice_slot"),
    path("practice/runs/<int:run_id>/<int:slot>/judge/", practice.judge, name="practice_judge"),
    path("practice/runs/<int:run_id>/finish/", practice.finish, name="practice_finish"),
    path("practice/runs/<int:run_id>/summary/", practice.summary, name="practice_summary"),
    path("notebook/", notebook.index, name="notebook"),
    path("notebook/redo/", notebook.redo, name="notebook_redo"),
    path("notebook/<int:entry_id>/", notebook.entry, name="notebook_entry"),
    path("notebook/<int:entry_id>/change/", notebook.change, name="notebook_change"),
]
