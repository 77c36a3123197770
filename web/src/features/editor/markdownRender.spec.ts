// Specs of the Markdown preview: safe HTML, check boxes.
import { describe, expect, it } from 'vitest'
import { renderMarkdown, toggleTask } from './markdownRender'

function html(text: string, readOnly = false): HTMLElement {
  const root = document.createElement('div')
  root.append(renderMarkdown(text, readOnly))
  return root
}

describe('renderMarkdown', () => {
  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '[x](javascript:alert(1))',
    '[x](data:text/html;base64,PHNjcmlwdD4=)',
    '<a style="color:red">x</a>',
    '![x](x" onerror="alert(1))',
  ])('renders nothing executable for %s', (text) => {
    const root = html(text)
    expect(root.querySelector('script, [onerror], [style], [href^="javascript"], [href^="data:text"]')).toBeNull()
  })

  it('aligns table columns by class, never by style', () => {
    const root = html('| a | b |\n| :-: | --: |\n| 1 | 2 |')
    expect([...root.querySelectorAll('td')].map((cell) => cell.className)).toEqual(['align-center', 'align-right'])
    expect(root.querySelector('[style]')).toBeNull()
  })

  it('opens links in a new tab without a referrer', () => {
    const link = html('[there](https://example.org)').querySelector('a')
    expect(link?.rel).toBe('noopener noreferrer')
    expect(link?.target).toBe('_blank')
  })

  it('shows a remote image as a link and a local one as an image', () => {
    expect(html('![sea](https://example.org/a.png)').querySelector('img')).toBeNull()
    expect(html('![sea](https://example.org/a.png)').querySelector('a')?.textContent).toBe('Image: sea')
    expect(html('![sea](/api/v1/files/1/content)').querySelector('img')?.alt).toBe('sea')
    expect(html('![sea](//example.org/a.png)').querySelector('img')).toBeNull()
  })

  it('labels each check box with its text and records its line', () => {
    const checkboxes = html('Shop:\n\n- [x] **milk**\n- [ ] bread').querySelectorAll('input')
    expect(
      [...checkboxes].map((box) => [box.labels?.[0]?.textContent, box.checked, box.dataset.line, box.disabled]),
    ).toEqual([
      ['milk', true, '2', false],
      ['bread', false, '3', false],
    ])
    expect(html('- [ ] bread', true).querySelector('input')?.disabled).toBe(true)
  })
})

describe('toggleTask', () => {
  it('changes one character', () => {
    const text = 'a\r\n- [ ] b [x]\r\n- [X] c\n'
    expect(toggleTask(text, 1)).toBe('a\r\n- [x] b [x]\r\n- [X] c\n')
    expect(toggleTask(text, 2)).toBe('a\r\n- [ ] b [x]\r\n- [ ] c\n')
  })
})
