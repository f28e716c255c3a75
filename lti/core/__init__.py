"""The rules of LTI 1.3 Advantage, pure: no Django, no clock, no network. Claims in, frozen dataclasses out."""
