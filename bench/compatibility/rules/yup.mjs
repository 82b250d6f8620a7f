// npm: yup@^1
// kind: validation
// gives: "age must be greater than or equal to 18"
import * as yup from 'yup';

export default async () => ({
  used: await yup.object({ age: yup.number().min(18) }).validate({ age: 7 }).catch((error) => error.message),
});
