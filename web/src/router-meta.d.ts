// Meta fields of routes.
import 'vue-router'

declare module 'vue-router' {
  interface RouteMeta {
    /** Without the shell; only if nobody is signed in, unless `neutral`. */
    open?: boolean
    /** Whether or not somebody is signed in. */
    neutral?: boolean
  }
}
