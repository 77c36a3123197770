// The endpoints for registration, signing in and password reset.
import { answer, api } from '@/api/client'
import type { TokenGrant } from '@/api/types'

export const register = (body: { username: string; email: string; password: string }) =>
  answer(api.POST('/api/v1/auth/register', { body }))

export const verifyEmail = (body: { email: string; code: string }) =>
  answer(api.POST('/api/v1/auth/verify-email', { body }))

export const resendCode = (email: string) => answer(api.POST('/api/v1/auth/resend-code', { body: { email } }))

export const login = (body: { login: string; password: string; code?: string }): Promise<TokenGrant> =>
  answer(api.POST('/api/v1/auth/login', { body }))

export const forgotPassword = (email: string) => answer(api.POST('/api/v1/auth/forgot-password', { body: { email } }))

export const resetPassword = (body: { token: string; password: string }) =>
  answer(api.POST('/api/v1/auth/reset-password', { body }))

export const logout = () => answer(api.POST('/api/v1/auth/logout'))

export const logoutAll = () => answer(api.POST('/api/v1/auth/logout-all'))
