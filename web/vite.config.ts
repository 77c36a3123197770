// Owns how the page is built: two entries (the app and the API document), hashed assets, no inline
// script or style anywhere. Refuses anything that would need a looser Content-Security-Policy.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath, URL } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'
import { configDefaults } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The chosen theme must be known before the first paint, and an inline script is forbidden: this
 *  emits a tiny hashed classic script and puts it first in every page's head. */
function themeBoot(): Plugin {
  const source = here('./src/styles/theme-boot.js')
  let building = false
  let fileName = ''
  return {
    name: 'satchel-theme-boot',
    configResolved(config) {
      building = config.command === 'build'
    },
    buildStart() {
      if (!building) return
      const code = readFileSync(source, 'utf8').replace(/^\/\/.*\n/gm, '')
      fileName = `assets/theme-${createHash('sha256').update(code).digest('hex').slice(0, 8)}.js`
      this.emitFile({ type: 'asset', fileName, source: code })
    },
    transformIndexHtml: () => [
      {
        tag: 'script',
        attrs: { src: building ? `/${fileName}` : '/src/styles/theme-boot.js' },
        injectTo: 'head-prepend',
      },
    ],
  }
}

const api = process.env.SATCHEL_DEV_API ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [vue(), themeBoot()],
  resolve: { alias: { '@': here('./src') } },
  build: {
    // light-dark() and nesting are used natively; older browsers are named in the read-me.
    target: ['chrome123', 'safari17.5', 'firefox121'],
    assetsInlineLimit: 0,
    manifest: 'assets/manifest.json',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rollupOptions: { input: { index: here('./index.html'), docs: here('./docs.html') } },
  },
  server: { proxy: { '/api': api } },
  test: {
    environment: 'jsdom',
    setupFiles: ['./vitest.setup.ts'],
    exclude: [...configDefaults.exclude, 'e2e/**'],
    restoreMocks: true,
  },
})
