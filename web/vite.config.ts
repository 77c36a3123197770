// The build of the page: two entries (the app and the API documentation) and hashed assets, without the inline scripts
// and styles that the Content-Security-Policy forbids.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath, URL } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'
import { configDefaults } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Applies the chosen theme before the first paint: a hashed classic script at the start of every page's head, because
 *  inline scripts are forbidden. */
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
    // light-dark() and nesting are not transpiled; README.md names the browsers.
    target: ['chrome123', 'safari17.5', 'firefox121'],
    assetsInlineLimit: 0,
    manifest: 'assets/manifest.json',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      input: { index: here('./index.html'), docs: here('./docs.html') },
      output: {
        // One chunk of what every page needs: small chunks compress worse.
        codeSplitting: { groups: [{ name: 'base', test: /src[\\/](main\.ts|components[\\/]IconButton\.vue)/ }] },
      },
    },
  },
  server: { proxy: { '/api': api } },
  test: {
    environment: 'jsdom',
    setupFiles: ['./vitest.setup.ts'],
    exclude: [...configDefaults.exclude, 'e2e/**'],
    restoreMocks: true,
  },
})
