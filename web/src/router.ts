// Owns which address shows which screen and who may see it. Refuses to load a screen before it is
// asked for.
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { useSession } from '@/features/accounts/session'
import UnreachableView from '@/shell/UnreachableView.vue'

const NotesView = () => import('@/features/notes/NotesView.vue')

const routes: RouteRecordRaw[] = [
  { path: '/', redirect: '/notes' },
  { path: '/sign-in', name: 'sign-in', component: () => import('@/features/accounts/SignInView.vue'), meta: { open: true } },
  { path: '/sign-up', name: 'sign-up', component: () => import('@/features/accounts/SignUpView.vue'), meta: { open: true } },
  {
    path: '/verify-email',
    name: 'verify-email',
    component: () => import('@/features/accounts/VerifyEmailView.vue'),
    meta: { open: true },
  },
  { path: '/notes/:id?', name: 'notes', component: NotesView, props: { place: 'notes' } },
  { path: '/archive/:id?', name: 'archive', component: NotesView, props: { place: 'archive' } },
  { path: '/trash/:id?', name: 'trash', component: NotesView, props: { place: 'trash' } },
  {
    path: '/unreachable',
    name: 'unreachable',
    // Not lazy: it is for the moment when nothing can be fetched.
    component: UnreachableView,
    meta: { open: true, neutral: true },
  },
  { path: '/:path(.*)*', name: 'not-found', component: () => import('@/shell/NotFoundView.vue'), meta: { open: true, neutral: true } },
]

export const router = createRouter({ history: createWebHistory(), routes })

router.beforeEach(async (to) => {
  if (to.meta.neutral) return true
  const session = useSession()
  try {
    await session.restore()
  } catch {
    return { name: 'unreachable', query: { next: to.fullPath }, replace: true }
  }
  const signedIn = session.state.status !== 'signed-out'
  if (to.meta.open) return signedIn ? { name: 'notes', replace: true } : true
  if (signedIn) return true
  return { name: 'sign-in', query: to.path === '/notes' ? {} : { next: to.fullPath }, replace: true }
})
