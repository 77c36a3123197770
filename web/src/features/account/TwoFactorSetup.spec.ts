// Owns the promises of the way to two-step sign-in: refusals stand at their field, the codes are shown
// once and must be acknowledged. Refuses looks.
import { render, screen } from '@testing-library/vue'
import userEvent from '@testing-library/user-event'
import { TooltipProvider } from 'reka-ui'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import { acceptGrant } from '@/api/client'
import { useSession } from '@/features/accounts/session'
import { hasUnsavedWork } from '@/lib/unsaved'
import { grant, USER } from '@/testing/fixtures'
import { on, problem, useMockApi } from '@/testing/mockApi'
import TwoFactorSetup from './TwoFactorSetup.vue'

const CODES = Array.from({ length: 10 }, (_, index) => `bcdfg-hjkm${index}`)
const ENROLMENT = { secret: 'JBSWY3DPEHPK3PXP', otpauth_uri: 'otpauth://totp/x', qr_svg: '<svg onload="alert(1)"/>' }

function show() {
  const open = ref(true)
  const update = (value: boolean) => (open.value = value)
  render(
    defineComponent(
      () => () =>
        h(TooltipProvider, () =>
          open.value ? h(TwoFactorSetup, { open: open.value, 'onUpdate:open': update }) : h('p', 'closed'),
        ),
    ),
  )
}

async function givePassword(password = 'eleven green lanterns') {
  await userEvent.type(await screen.findByLabelText('Your password'), password)
  await userEvent.click(screen.getByRole('button', { name: 'Continue' }))
}

beforeEach(() => {
  useMockApi()
  useSession().abandon()
  acceptGrant(grant())
  on('post', '/api/v1/me/totp', () => ENROLMENT)
  on('get', '/api/v1/me', () => ({ ...USER, version: 2, totp_enabled: true }))
})

describe('TwoFactorSetup', () => {
  it('shows a wrong password at its field', async () => {
    on('post', '/api/v1/me/totp', () => problem(403, 'reauthentication_required'))
    show()
    await givePassword()
    await screen.findByText('The password is not right.')
    expect(screen.getByLabelText('Your password').getAttribute('aria-invalid')).toBe('true')
    expect(document.activeElement).toBe(screen.getByLabelText('Your password'))
  })

  it('asks for a code as well when the server wants one', async () => {
    on('post', '/api/v1/me/totp', () => problem(403, 'second_factor_required'))
    show()
    await givePassword()
    expect((await screen.findByLabelText('Code')).getAttribute('aria-invalid')).toBe('true')
    await screen.findByText('Enter a code from your authenticator app as well.')
  })

  it('shows a wrong code of the second factor at its field', async () => {
    on('post', '/api/v1/me/totp', () => problem(403, 'second_factor_invalid'))
    show()
    await givePassword()
    await screen.findByText('This code is not right, or it was used before.')
    expect(screen.getByLabelText('Code').getAttribute('aria-invalid')).toBe('true')
  })

  it('shows the picture as an image, the key to type, and keeps a wrong code at its field', async () => {
    on('post', '/api/v1/me/totp/confirm', () => problem(403, 'code_invalid'))
    show()
    await givePassword()
    const picture = await screen.findByRole('img', { name: /QR code/ })
    expect(picture.getAttribute('src')).toMatch(/^data:image\/svg\+xml/)
    expect(screen.getByTestId('totp-secret').textContent).toBe(ENROLMENT.secret)
    await userEvent.type(screen.getByLabelText('Six-digit code'), '123456')
    await screen.findByText(/This code is not right/)
  })

  it('does not let go of the recovery codes before they are said to be saved', async () => {
    const confirm = on('post', '/api/v1/me/totp/confirm', () => ({ recovery_codes: CODES }))
    show()
    await givePassword()
    await userEvent.type(await screen.findByLabelText('Six-digit code'), '123456')
    await screen.findByText(CODES[9]!)
    expect(confirm.mock.calls[0]![0].body).toEqual({ code: '123456' })
    expect(useSession().state.user?.totp_enabled).toBe(true)
    expect(hasUnsavedWork()).toBe(true)
    await userEvent.keyboard('{Escape}')
    await userEvent.click(screen.getByRole('button', { name: 'Done' }))
    expect(document.activeElement).toBe(screen.getByRole('checkbox'))
    await userEvent.click(screen.getByRole('checkbox'))
    expect(hasUnsavedWork()).toBe(false)
    await userEvent.click(screen.getByRole('button', { name: 'Done' }))
    await vi.waitFor(() => expect(screen.getByText('closed')).toBeTruthy())
  })
})
