import { describe, expect, it } from 'vitest';
import { PARAMETERS_MAX, RowBatch } from '../../../durable-objects/chain/row-batch.ts';
import { MemorySql } from '../../simulation/sql-storage.ts';

describe('a batch of rows', () => {
  for (const rows of [0, 1, 33, 34, 66, 100])
    it(`writes ${rows} rows in statements of ${PARAMETERS_MAX} parameters at most`, () => {
      const sql = new MemorySql();
      sql.exec('CREATE TABLE numbers (id INTEGER PRIMARY KEY, name TEXT, bytes BLOB);');
      const statements: number[] = [];
      const storage = {
        exec: (statement: string, ...values: (string | number | Uint8Array)[]) => {
          statements.push(values.length);
          return sql.exec(statement, ...values);
        },
      };
      const batch = new RowBatch(
        storage as unknown as SqlStorage,
        3,
        (values) => `INSERT INTO numbers VALUES ${values}`,
      );
      const values = Array.from({ length: rows }, (_, id) => [id, `number ${id}`, Uint8Array.of(id)]);
      batch.write(values.flat());
      const stored = sql.exec('SELECT * FROM numbers ORDER BY id').toArray();
      expect(stored.map((row) => Object.values(row as object))).toEqual(values);
      expect(Math.max(0, ...statements)).toBeLessThanOrEqual(PARAMETERS_MAX);
      expect(statements.length).toBe(Math.ceil((rows * 3) / 99));
      sql.close();
    });
});
