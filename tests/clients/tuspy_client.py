"""tuspy, unchanged, against a running Satchel: whole, in pieces, with checksums, and going on after a cut. Prints the
address of each upload. Usage: TOKEN=… tuspy_client.py ORIGIN FILE FOLDER"""

import os
import sys

from tusclient import client
from tusclient.storage import filestorage

ORIGIN, FILE, FOLDER = sys.argv[1:]
SIZE = os.path.getsize(FILE)
CLIENT = client.TusClient(f"{ORIGIN}/api/v1/uploads", headers={"Authorization": f"Bearer {os.environ['TOKEN']}"})


def uploader(**options):
    return CLIENT.uploader(FILE, metadata={"filename": "größe.bin"}, retries=3, retry_delay=1, **options)


for options in ({}, {"chunk_size": 700_000}, {"chunk_size": 700_000, "upload_checksum": True}):
    whole = uploader(**options)
    whole.upload()
    print(whole.url)

storage = filestorage.FileStorage(os.path.join(FOLDER, "tuspy.json"))
begun = uploader(chunk_size=700_000, store_url=True, url_storage=storage)
begun.upload(stop_at=SIZE // 2)
again = uploader(chunk_size=700_000, store_url=True, url_storage=storage)
assert again.url == begun.url, "it would begin anew instead of going on"
assert 0 < again.offset < SIZE, again.offset
again.upload()
print(again.url)
