// Stubs of what jsdom lacks, and cleanup after each test.
import { cleanup } from '@testing-library/vue'
import { afterEach } from 'vitest'

class NoResizeObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}

globalThis.ResizeObserver ??= NoResizeObserver as unknown as typeof ResizeObserver
globalThis.IntersectionObserver ??= NoResizeObserver as unknown as typeof IntersectionObserver
if (typeof window !== 'undefined') {
  globalThis.CSS ??= { escape: (text: string) => text.replace(/[^\w-]/g, '\\$&') } as unknown as typeof CSS
  Element.prototype.scrollIntoView ??= () => {}
  window.matchMedia ??= (query: string) =>
    ({ matches: false, media: query, addEventListener() {}, removeEventListener() {} }) as unknown as MediaQueryList
  afterEach(() => {
    cleanup()
    localStorage.clear()
  })
}
