// The endpoints of the signed-in account.
import { answer, api } from '@/api/client'
import type { ApiKey, CreatedApiKey, NewApiKey, ProfilePatch, Proof, Session, TotpEnrolment, User } from '@/api/types'

export const readAccount = (): Promise<User> => answer(api.GET('/api/v1/me'))

/** The server rejects a time zone whose name it does not know. */
export const updateAccount = (body: { display_name?: string; time_zone?: string }): Promise<User> =>
  answer(api.PATCH('/api/v1/me', { body: body as ProfilePatch }))

export const deleteAccount = (body: Proof) => answer(api.DELETE('/api/v1/me', { body }))

export const changePassword = (body: { current_password: string; new_password: string; code?: string }) =>
  answer(api.POST('/api/v1/me/password', { body }))

export const changeEmail = (body: Proof & { email: string }) => answer(api.POST('/api/v1/me/email', { body }))

export const confirmEmail = (code: string): Promise<User> =>
  answer(api.POST('/api/v1/me/email/confirm', { body: { code } }))

export const beginTotp = (body: Proof): Promise<TotpEnrolment> => answer(api.POST('/api/v1/me/totp', { body }))

export const confirmTotp = (code: string): Promise<{ recovery_codes: string[] }> =>
  answer(api.POST('/api/v1/me/totp/confirm', { body: { code } }))

export const removeTotp = (body: Proof) => answer(api.DELETE('/api/v1/me/totp', { body }))

export const listSessions = (signal: AbortSignal): Promise<{ items: Session[] }> =>
  answer(api.GET('/api/v1/me/sessions', { signal }))

export const endSession = (id: string) => answer(api.DELETE('/api/v1/me/sessions/{id}', { params: { path: { id } } }))

export const listApiKeys = (signal: AbortSignal): Promise<{ items: ApiKey[] }> =>
  answer(api.GET('/api/v1/me/api-keys', { signal }))

export const createApiKey = (body: NewApiKey): Promise<CreatedApiKey> =>
  answer(api.POST('/api/v1/me/api-keys', { body }))

export const removeApiKey = (id: string) => answer(api.DELETE('/api/v1/me/api-keys/{id}', { params: { path: { id } } }))
