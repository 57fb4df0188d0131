"""The only room that speaks IMAP, MIME and SMTP."""
