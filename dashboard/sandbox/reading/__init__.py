"""A real reader for the sandbox: what stands on any image, read on this machine by what the extra ``local`` brings.

Reading takes place in a process of its own, one image at a time; the server only ever sees what that one says.
"""
