// Specs of enabling two-factor authentication: errors at their fields, and recovery codes that must be acknowledged.
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

async function enterPassword(password = 'eleven green lanterns') {
  await userEvent.type(await screen.findByLabelText('Your password'), password)
  await userEvent.click(screen.getByRole('button', { name: 'Continue' }))
}

beforeEach(() => {
  useMockApi()
  useSession().clear()
  acceptGrant(grant())
  on('post', '/api/v1/me/totp', () => ENROLMENT)
  on('get', '/api/v1/me', () => ({ ...USER, version: 2, totp_enabled: true }))
})

describe('TwoFactorSetup', () => {
  it('shows the error of a wrong password at its field', async () => {
    on('post', '/api/v1/me/totp', () => problem(403, 'reauthentication_required'))
    show()
    await enterPassword()
    await screen.findByText('The password is wrong.')
    expect(screen.getByLabelText('Your password').getAttribute('aria-invalid')).toBe('true')
    expect(document.activeElement).toBe(screen.getByLabelText('Your password'))
  })

  it('requires a code if the server does', async () => {
    on('post', '/api/v1/me/totp', () => problem(403, 'second_factor_required'))
    show()
    await enterPassword()
    expect((await screen.findByLabelText('Code')).getAttribute('aria-invalid')).toBe('true')
    await screen.findByText('Enter a code from your authenticator app.')
  })

  it('shows the error of a wrong 2FA code at its field', async () => {
    on('post', '/api/v1/me/totp', () => problem(403, 'second_factor_invalid'))
    show()
    await enterPassword()
    await screen.findByText('This code is wrong or was already used.')
    expect(screen.getByLabelText('Code').getAttribute('aria-invalid')).toBe('true')
  })

  it('shows the QR code and the key, and the error of a wrong code at its field', async () => {
    on('post', '/api/v1/me/totp/confirm', () => problem(403, 'code_invalid'))
    show()
    await enterPassword()
    const qrCode = await screen.findByRole('img', { name: /QR code/ })
    expect(qrCode.getAttribute('src')).toMatch(/^data:image\/svg\+xml/)
    expect(screen.getByTestId('totp-secret').textContent).toBe(ENROLMENT.secret)
    await userEvent.type(screen.getByLabelText('Six-digit code'), '123456')
    await screen.findByText(/This code is wrong/)
  })

  it('stays open until the recovery codes are confirmed as saved', async () => {
    const confirm = on('post', '/api/v1/me/totp/confirm', () => ({ recovery_codes: CODES }))
    show()
    await enterPassword()
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
