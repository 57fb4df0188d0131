"""Scenarios: a policy told as stories, and played to see whether they come true.

A scenario is a plain text that a complaints officer can read: on this day somebody writes this mail, by that
day somebody gets that letter, citing that clause. `reading` turns the text into steps and names every mistake in
it; `rig` is the real service (real mail bytes, real storage, real letters) whose two doors and clock belong to the
story; `running` plays the steps from one due timer to the next; `checking` says what came true and, where
something did not, what came instead; `telling` prints it.

Promises: a scenario may claim a clause only if some act of the run cited it; nothing is sent anywhere; what the
service itself stumbles over makes the scenario fail.
"""
