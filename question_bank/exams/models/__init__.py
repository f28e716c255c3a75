"""The exams: how a paper is made, who sits when, what was answered, how it was marked, what is released."""

from .attempts import (
    AnswerEvent,
    Attempt,
    AttemptClient,
    AttemptEvent,
    AttemptItem,
    AttemptPresence,
    TimeAdjustment,
)
from .blueprints import Blueprint, Cell, FixedItem, Section
from .claims import MarkClaim
from .exams import AdmissionRule, Candidate, Exam, ExamGroup, ExamPool
from .marking import Mark, RegradeRun, Release, Result, SavedComment
from .practice import CollectedAttempt, NotebookEntry, NotebookTry, PracticeAnswer, PracticeRun

__all__ = [
    "AdmissionRule",
    "AnswerEvent",
    "Attempt",
    "AttemptClient",
    "AttemptEvent",
    "AttemptItem",
    "AttemptPresence",
    "Blueprint",
    "Candidate",
    "Cell",
    "CollectedAttempt",
    "Exam",
    "ExamGroup",
    "ExamPool",
    "FixedItem",
    "Mark",
    "MarkClaim",
    "NotebookEntry",
    "NotebookTry",
    "PracticeAnswer",
    "PracticeRun",
    "RegradeRun",
    "Release",
    "Result",
    "SavedComment",
    "Section",
    "TimeAdjustment",
]
