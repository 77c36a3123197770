// Owns reading codes and links from the mails the server sent. Refuses to know how mail is stored: a
// command given from outside prints them.
import { execSync } from 'node:child_process'

const WAIT_MS = 20_000

/** What the pattern finds in the newest mail to this address. */
async function readMail(address: string, pattern: RegExp): Promise<string> {
  const command = process.env.SATCHEL_E2E_MAIL
  if (!command) throw new Error('SATCHEL_E2E_MAIL must hold the command that prints the mails')
  const deadline = Date.now() + WAIT_MS
  while (Date.now() < deadline) {
    const mails = execSync(command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split(/^(?=To: )/m)
    const mail = mails.findLast((text) => text.startsWith(`To: ${address}\n`))
    const found = mail?.slice(mail.indexOf('\n')).match(pattern)?.[0]
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  throw new Error(`no mail with ${pattern} arrived for ${address}`)
}

export const readCode = (address: string) => readMail(address, /(?<!\d)\d{6}(?!\d)/)

/** The path and fragment of the link: the journey goes to the server it was given. */
export async function readResetPath(address: string): Promise<string> {
  const link = new URL(await readMail(address, /https?:\/\/\S+\/reset-password#token=\S+/))
  return `${link.pathname}${link.hash}`
}
