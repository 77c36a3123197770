// The sessions of the account.
import { endSession, listSessions } from './api'
import { useRemovableList } from './useRemovableList'

export const useSessions = () => useRemovableList({ list: listSessions, remove: endSession })
