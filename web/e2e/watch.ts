// Owns the two things every journey checks on the side: nothing on the console, nothing for axe to
// complain about, in light and dark. Refuses exceptions that are not named.
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

/** Collects policy violations, console errors and exceptions; `allow` names what a step provokes. */
export function watchConsole(page: Page) {
  const complaints: string[] = []
  let allowed: RegExp | undefined
  const note = (text: string) => {
    if (!allowed?.test(text)) complaints.push(text)
  }
  page.on('console', (message) => {
    const text = `${message.text()} ${message.location().url}`
    if (message.type() === 'error' || /Content.Security.Policy/i.test(text)) note(text)
  })
  page.on('pageerror', (error) => note(String(error)))
  return {
    allow(pattern: RegExp | undefined) {
      allowed = pattern
    },
    check() {
      expect(complaints, 'console errors and policy violations').toEqual([])
    },
  }
}

export async function checkAccessibility(page: Page, screen: string) {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'])
      .analyze()
    const told = violations.map(
      (violation) =>
        `${violation.id}: ${violation.nodes.map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`,
    )
    expect(told, `axe, ${screen}, ${scheme}`).toEqual([])
  }
}
