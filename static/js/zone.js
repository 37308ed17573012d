// Chooses the time zone that this browser is in, where none was chosen before.

const field = document.querySelector("#id_zone");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (field && [...field.options].some((option) => option.value === here)) {
  field.value = here;
}
