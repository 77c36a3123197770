// Owns the words a route may carry in its meta. Refuses values.
import 'vue-router'

declare module 'vue-router' {
  interface RouteMeta {
    /** Shown without the shell to people who are not signed in. */
    open?: boolean
    /** Shown to everybody, signed in or not, without asking. */
    neutral?: boolean
  }
}
