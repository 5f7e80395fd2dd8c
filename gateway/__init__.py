"""The process: command line, settings, embedded servers, feeds and the HTTP edge."""
