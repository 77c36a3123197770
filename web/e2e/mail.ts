// Owns reading the code from the mail the server sent. Refuses to know how mail is stored: a command
// given from outside prints it.
import { execSync } from 'node:child_process'

const WAIT_MS = 20_000

/** The six digits of the newest mail to this address. */
export async function readCode(address: string): Promise<string> {
  const command = process.env.SATCHEL_E2E_MAIL
  if (!command) throw new Error('SATCHEL_E2E_MAIL must hold the command that prints the mails')
  const deadline = Date.now() + WAIT_MS
  while (Date.now() < deadline) {
    const mails = execSync(command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split(/^(?=To: )/m)
    const mail = mails.findLast((text) => text.startsWith(`To: ${address}\n`))
    const code = mail?.slice(mail.indexOf('\n')).match(/(?<!\d)\d{6}(?!\d)/)?.[0]
    if (code) return code
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  throw new Error(`no code arrived for ${address}`)
}
