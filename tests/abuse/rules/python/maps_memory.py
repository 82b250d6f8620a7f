# case = "H6"
# outcomes = ["failed:out_of_memory"]
# ---
import mmap


def rule(client, scope, audience, context):
    for flags in (mmap.MAP_SHARED | mmap.MAP_ANONYMOUS, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS):
        try:
            return {'a': len(mmap.mmap(-1, 1 << 30, flags=flags))}
        except OSError:
            pass
    raise MemoryError('not a gigabyte')
