#include "kernel/vat_meter.h"

#include "kernel/tables/meters.h"
#include "kernel/vat_handler.h"

enum hs_status vat_meter_settle(struct kernel *k, const struct vat_process *p, struct hs_error *err)
{
    struct ref meter = k->vat_meter;
    bool crossed;
    enum hs_status st;

    k->vat_meter = (struct ref){""};
    if (meter.text[0] == '\0' || !p || !p->vat) return HS_OK;
    st = meter_spend(&k->kv, &meter, vat_steps(p->vat), &crossed, err);
    return st == HS_OK && crossed ? vat_handler_meter_crossed(&k->kv, &meter, err) : st;
}
