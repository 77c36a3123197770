// Owns the page that shows the API's document, under the same strict policy as the app: the vendored
// viewer is loaded as a file. Refuses anything from another origin.
import bundle from 'swagger-ui-dist/swagger-ui-bundle.js?url'
import 'swagger-ui-dist/swagger-ui.css'
import './docs.css'

interface SwaggerUi {
  (options: Record<string, unknown>): unknown
  presets: { apis: unknown }
}

declare global {
  interface Window {
    SwaggerUIBundle?: SwaggerUi
  }
}

const script = document.createElement('script')
script.src = bundle
script.addEventListener('load', () => {
  window.SwaggerUIBundle?.({
    url: '/api/openapi.json',
    dom_id: '#docs',
    presets: [window.SwaggerUIBundle.presets.apis],
    // The validator's badge would ask a server elsewhere.
    validatorUrl: null,
    deepLinking: true,
    docExpansion: 'list',
    defaultModelsExpandDepth: 0,
  })
})
document.head.append(script)
