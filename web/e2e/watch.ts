// Checks of every end-to-end test: no console errors or policy violations, and no axe violations in both themes.
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

/** Collects policy violations, console errors and exceptions, except those that `allow` matches. */
export function watchConsole(page: Page) {
  const errors: string[] = []
  let allowed: RegExp | undefined
  const record = (text: string) => {
    if (!allowed?.test(text)) errors.push(text)
  }
  page.on('console', (message) => {
    const text = `${message.text()} ${message.location().url}`
    if (message.type() === 'error' || /Content.Security.Policy/i.test(text)) record(text)
  })
  page.on('pageerror', (error) => record(String(error)))
  return {
    allow(pattern: RegExp | undefined) {
      allowed = pattern
    },
    check() {
      expect(errors, 'console errors and policy violations').toEqual([])
    },
  }
}

export async function checkAccessibility(page: Page, screen: string) {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'])
      .analyze()
    const messages = violations.map(
      (violation) =>
        `${violation.id}: ${violation.nodes.map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`,
    )
    expect(messages, `axe, ${screen}, ${scheme}`).toEqual([])
  }
}
