// Specs of signing in: errors, the second step, and where it leads.
import { render, screen } from '@testing-library/vue'
import userEvent from '@testing-library/user-event'
import { TooltipProvider } from 'reka-ui'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { grant } from '@/testing/fixtures'
import { on, problem, useMockApi } from '@/testing/mockApi'
import SignInView from './SignInView.vue'
import { useSession } from './session'

const EmptyView = defineComponent(() => () => h('p', 'elsewhere'))

async function show(at = '/sign-in') {
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/sign-in', name: 'sign-in', component: SignInView },
      { path: '/sign-up', name: 'sign-up', component: EmptyView },
      { path: '/forgot-password', name: 'forgot-password', component: EmptyView },
      { path: '/verify-email', name: 'verify-email', component: EmptyView },
      { path: '/:rest(.*)', component: EmptyView },
    ],
  })
  await router.push(at)
  render(
    defineComponent(() => () => h(TooltipProvider, () => h(SignInView))),
    { global: { plugins: [router] } },
  )
  return router
}

async function fill(login: string, password: string) {
  await userEvent.type(screen.getByRole('textbox', { name: 'User name or e-mail' }), login)
  await userEvent.type(screen.getByLabelText('Password'), password)
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
}

beforeEach(() => {
  useMockApi()
  useSession().clear()
})

describe('SignInView', () => {
  it('signs in, stores no token, and continues to the requested path', async () => {
    const login = on('post', '/api/v1/auth/login', () => grant('very-secret'))
    const router = await show('/sign-in?next=/archive/1')
    await fill(' mira ', 'eleven green lanterns')
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/archive/1'))
    expect(login.mock.calls[0]![0].body).toEqual({ login: 'mira', password: 'eleven green lanterns' })
    expect(useSession().state.status).toBe('signed-in')
    expect(JSON.stringify({ ...localStorage })).not.toContain('very-secret')
  })

  it('does not reveal whether the name or the password was wrong, and focuses the password', async () => {
    on('post', '/api/v1/auth/login', () => problem(401, 'invalid_credentials', { detail: 'No such user.' }))
    await show()
    await fill('mira', 'wrong')
    expect((await screen.findByRole('alert')).textContent).toContain('Wrong user name or password.')
    expect(document.activeElement).toBe(screen.getByLabelText('Password'))
  })

  it('continues to the confirmation of the address if it is missing', async () => {
    on('post', '/api/v1/auth/login', () => problem(403, 'email_not_verified'))
    const router = await show()
    await fill('mira@example.org', 'eleven green lanterns')
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('verify-email'))
  })

  it('shows how long to wait after too many attempts', async () => {
    on('post', '/api/v1/auth/login', () => new Response('{}', { status: 429, headers: { 'Retry-After': '30' } }))
    await show()
    await fill('mira', 'wrong')
    expect((await screen.findByRole('alert')).textContent).toContain('in 30 seconds')
  })

  it('requires a code in a second step and sends all fields with it', async () => {
    const login = on('post', '/api/v1/auth/login', ({ body }) =>
      (body as { code?: string }).code === '654321' ? grant() : problem(401, 'mfa_required'),
    )
    const router = await show('/sign-in?next=/archive/1')
    await fill('mira', 'eleven green lanterns')
    const code = await screen.findByLabelText('Six-digit code')
    expect(document.activeElement).toBe(code)
    await userEvent.type(code, '111111')
    await screen.findByText(/This code is wrong/)
    expect(code.getAttribute('aria-invalid')).toBe('true')
    await userEvent.type(screen.getByLabelText('Six-digit code'), '654321')
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/archive/1'))
    expect(login.mock.lastCall![0].body).toEqual({ login: 'mira', password: 'eleven green lanterns', code: '654321' })
  })

  it('accepts a recovery code, and can go back to the password', async () => {
    on('post', '/api/v1/auth/login', ({ body }) =>
      (body as { code?: string }).code === 'bcdfg-hjkmn' ? grant() : problem(401, 'mfa_required'),
    )
    const router = await show('/sign-in?next=/archive/1')
    await fill('mira', 'eleven green lanterns')
    await userEvent.click(await screen.findByRole('button', { name: 'Back' }))
    expect(screen.getByLabelText<HTMLInputElement>('Password').value).toBe('')
    await userEvent.type(screen.getByLabelText('Password'), 'eleven green lanterns{Enter}')
    await userEvent.click(await screen.findByRole('button', { name: 'Use a recovery code' }))
    await userEvent.type(screen.getByLabelText('Recovery code'), ' bcdfg-hjkmn {Enter}')
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/archive/1'))
  })
})
