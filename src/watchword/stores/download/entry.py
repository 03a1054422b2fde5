"""
The first thing that runs of the one file: it tells in one sentence where this Python is not the one that it needs.

In the file this is `__main__.py`. It is read by whatever Python somebody has, so it is written as old ones take it, and
what is newer is imported only once this is the right one.
"""

import importlib
import json
import sys
import zipfile

if __name__ == "__main__":
    needed = json.loads(zipfile.ZipFile(sys.path[0]).read("contents.json").decode())["python"]
    if list(sys.version_info[:2]) != needed:
        sys.exit(
            "watchword: this file needs Python {0}.{1}, and {4} is Python {2}.{3}; run it with python{0}.{1}".format(
                *(tuple(needed) + tuple(sys.version_info[:2]) + (sys.executable,))
            )
        )
    importlib.import_module("unpack").main()
