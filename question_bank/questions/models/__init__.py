"""What is asked: banks, chapters, knowledge points, questions and their immutable versions, and import jobs."""

from .banks import Bank, BankShare, Chapter, KnowledgePoint
from .imports import ImportJob, ImportRow
from .questions import Question, QuestionVersion
from .reviews import ReviewReturn

__all__ = [
    "Bank",
    "BankShare",
    "Chapter",
    "ImportJob",
    "ImportRow",
    "KnowledgePoint",
    "Question",
    "QuestionVersion",
    "ReviewReturn",
]
