"""The core: policy, dates, lifecycle. Pure: no clock, no I/O, no randomness, no logging; `now` is `event.at`."""
