"""What would mailbot have done? The whole service, run over an export of the real mailbox on the mail's own dates.

Nothing is sent and nothing on any server is changed: letters end on a tray, the database lies in a folder that is
thrown away, a folder over IMAP is opened read-only. `sources` finds the mails and their dates, `playing` runs the
service over those that came in, `comparing` holds what the team wrote against it, `page` tells all of it.
"""
