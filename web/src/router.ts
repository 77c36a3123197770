// Routes, loaded when they are first visited, and the guard that redirects to the sign-in.
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { useSession } from '@/features/accounts/session'
import UnreachableView from '@/shell/UnreachableView.vue'

const NotesView = () => import('@/features/notes/NotesView.vue')

const routes: RouteRecordRaw[] = [
  { path: '/', redirect: '/notes' },
  {
    path: '/sign-in',
    name: 'sign-in',
    component: () => import('@/features/accounts/SignInView.vue'),
    meta: { open: true },
  },
  {
    path: '/sign-up',
    name: 'sign-up',
    component: () => import('@/features/accounts/SignUpView.vue'),
    meta: { open: true },
  },
  {
    path: '/verify-email',
    name: 'verify-email',
    component: () => import('@/features/accounts/VerifyEmailView.vue'),
    meta: { open: true },
  },
  {
    path: '/forgot-password',
    name: 'forgot-password',
    component: () => import('@/features/accounts/ForgotPasswordView.vue'),
    meta: { open: true },
  },
  {
    path: '/reset-password',
    name: 'reset-password',
    component: () => import('@/features/accounts/ResetPasswordView.vue'),
    // The link is also valid if somebody is signed in.
    meta: { open: true, neutral: true },
  },
  { path: '/notes/:id?', name: 'notes', component: NotesView, props: { section: 'notes' } },
  { path: '/archive/:id?', name: 'archive', component: NotesView, props: { section: 'archive' } },
  { path: '/trash/:id?', name: 'trash', component: NotesView, props: { section: 'trash' } },
  {
    path: '/tasks/:container(today|upcoming|overdue|done|inbox|trash|list|view)?/:key?',
    name: 'tasks',
    component: () => import('@/features/tasks/TasksView.vue'),
  },
  { path: '/files/:id?', name: 'files', component: () => import('@/features/files/FilesView.vue') },
  {
    path: '/settings',
    component: () => import('@/features/account/SettingsView.vue'),
    redirect: { name: 'settings-profile' },
    children: [
      { path: 'profile', name: 'settings-profile', component: () => import('@/features/account/ProfileView.vue') },
      { path: 'security', name: 'settings-security', component: () => import('@/features/account/SecurityView.vue') },
      { path: 'api-keys', name: 'settings-api-keys', component: () => import('@/features/account/ApiKeysView.vue') },
    ],
  },
  {
    path: '/unreachable',
    name: 'unreachable',
    // Not lazy: it is shown when nothing can be loaded.
    component: UnreachableView,
    meta: { open: true, neutral: true },
  },
  {
    path: '/:path(.*)*',
    name: 'not-found',
    component: () => import('@/shell/NotFoundView.vue'),
    meta: { open: true, neutral: true },
  },
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
