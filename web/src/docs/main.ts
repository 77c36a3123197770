// API documentation: Swagger UI, loaded as a file of its own because the Content-Security-Policy forbids inline scripts.
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
    // The validator would send the spec to another server.
    validatorUrl: null,
    deepLinking: true,
    docExpansion: 'list',
    defaultModelsExpandDepth: 0,
  })
})
document.head.append(script)
