// Reads codes and links from the e-mails of the server, which the command in SATCHEL_E2E_MAIL prints.
import { execSync } from 'node:child_process'

const WAIT_MS = 20_000

/** The first match in the newest e-mail to this address. */
async function readMail(address: string, pattern: RegExp): Promise<string> {
  const command = process.env.SATCHEL_E2E_MAIL
  if (!command) throw new Error('SATCHEL_E2E_MAIL must be the command that prints the e-mails')
  const deadline = Date.now() + WAIT_MS
  while (Date.now() < deadline) {
    const mails = execSync(command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split(/^(?=To: )/m)
    const mail = mails.findLast((text) => text.startsWith(`To: ${address}\n`))
    const found = mail?.slice(mail.indexOf('\n')).match(pattern)?.[0]
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  throw new Error(`no e-mail with ${pattern} arrived for ${address}`)
}

export const readCode = (address: string) => readMail(address, /(?<!\d)\d{6}(?!\d)/)

/** Path and fragment of the link; the test uses the host of SATCHEL_E2E_URL. */
export async function readResetPath(address: string): Promise<string> {
  const link = new URL(await readMail(address, /https?:\/\/\S+\/reset-password#token=\S+/))
  return `${link.pathname}${link.hash}`
}
