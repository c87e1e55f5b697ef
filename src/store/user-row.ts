import { rootOf, toAccessKeyId, toAccountId, toUserId, userOf } from '../model/ids.ts'
import type { KeyOwner, ListedKey, User, UserDetails } from './user-store.ts'
import { integer, type Row, text } from './row.ts'

export const userOfRow = (row: Row): User => ({
  id: toUserId(text(row, 'id')),
  account: toAccountId(text(row, 'account')),
  name: text(row, 'name'),
  displayName: text(row, 'display_name'),
  mobilePhone: text(row, 'mobile_phone'),
  email: text(row, 'email'),
  comments: text(row, 'comments'),
  createdAt: integer(row, 'created_at'),
  updatedAt: integer(row, 'updated_at'),
})

export const keyOfRow = (row: Row): ListedKey => ({
  id: toAccessKeyId(text(row, 'id')),
  active: integer(row, 'active') === 1,
  createdAt: integer(row, 'created_at'),
})

/** Of a statement that counts. */
export const totalOf = (row: Row | undefined): number => (row === undefined ? 0 : integer(row, 'total'))

export const principalOf = ({ account, user }: KeyOwner) =>
  user === undefined ? rootOf(account) : userOf(account, user)

/** What people write about a user, by column. */
export const userColumns = ({ name, displayName, mobilePhone, email, comments }: UserDetails) => ({
  name,
  display_name: displayName,
  mobile_phone: mobilePhone,
  email,
  comments,
})
