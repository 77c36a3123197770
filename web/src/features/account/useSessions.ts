// Owns the list of open sign-ins. Refuses to end the one in use: that is signing out.
import { endSession, listSessions } from './api'
import { useRemovableList } from './useRemovableList'

export const useSessions = () => useRemovableList({ list: listSessions, remove: endSession })
