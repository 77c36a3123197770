// tus-js-client, unchanged, against a running Satchel: whole, in pieces, with the first bytes at the creation, and going on
// after a cut in a new process's place. Prints the address of each upload.
// Usage: TOKEN=… node tus-js.mjs ORIGIN FILE FOLDER

import fs from 'node:fs'
import path from 'node:path'
import * as tus from 'tus-js-client'

const [origin, file, folder] = process.argv.slice(2)
const urlStorage = new tus.FileUrlStorage(path.join(folder, 'tus-js.json'))
const size = fs.statSync(file).size

const options = (more) => ({
  endpoint: `${origin}/api/v1/uploads`,
  headers: { Authorization: `Bearer ${process.env.TOKEN}` },
  metadata: { filename: 'größe „x“.bin', filetype: 'application/octet-stream' },
  uploadSize: size,
  retryDelays: [0, 200, 500],
  urlStorage,
  storeFingerprintForResuming: false,
  ...more,
})

// The finished upload's address; `cut` ends it early once so many bytes were sent.
function send(more, { cut, previous } = {}) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(fs.createReadStream(file), {
      ...options(more),
      onSuccess: () => resolve(upload.url),
      onError: reject,
      onProgress: (sent) => {
        if (cut && sent >= cut) upload.abort().then(() => resolve(upload.url), reject)
      },
    })
    if (previous) upload.resumeFromPreviousUpload(previous)
    upload.start()
  })
}

console.log(await send({ chunkSize: Infinity }))
console.log(await send({ chunkSize: 700_000 }))
console.log(await send({ chunkSize: 700_000, uploadDataDuringCreation: true }))

const begun = await send({ chunkSize: 700_000, storeFingerprintForResuming: true }, { cut: size / 2 })
const probe = new tus.Upload(fs.createReadStream(file), options({}))
const [previous] = await probe.findPreviousUploads()
if (previous?.uploadUrl !== begun) throw new Error(`the storage knows ${previous?.uploadUrl}, not ${begun}`)
const ended = await send({ chunkSize: 700_000 }, { previous })
if (ended !== begun) throw new Error('it began anew instead of going on')
console.log(ended)

const unwanted = await send({ chunkSize: 700_000 }, { cut: size / 2 })
await tus.Upload.terminate(unwanted, options({}))
