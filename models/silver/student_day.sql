with fact_attendance as (
    select
        student_id,
        date,
        class_id,
        class_basis,
        status,
        absent_units,
        counted_units,
        in_enrollment
    from silver.fact_attendance
),

dim_date as (
    select date, is_instructional from silver.dim_date
),

student_day_resolved as (
    select
        student_id,
        date,
        class_id,
        class_basis,
        is_instructional,
        is_enrolled,
        status,
        absent_units,
        counted_units,
        fact_count
    from silver.student_day_resolved
),

student_day_unmarked as (
    select
        student_id,
        date,
        class_id,
        class_basis,
        is_instructional,
        is_enrolled,
        status,
        absent_units,
        counted_units,
        fact_count
    from silver.student_day_unmarked
),

every_day as (
    select
        fact_attendance.student_id,
        fact_attendance.date,
        fact_attendance.class_id,
        fact_attendance.class_basis,
        dim_date.is_instructional,
        fact_attendance.in_enrollment as is_enrolled,
        fact_attendance.status,
        fact_attendance.absent_units,
        fact_attendance.counted_units,
        cast(1 as bigint) as fact_count
    from fact_attendance
    inner join dim_date on dim_date.date = fact_attendance.date
    -- Not as the CTE: one that is used twice is read whole, whatever dates and columns a reader asks for.
    left join silver.student_day_resolved as resolved
        on resolved.student_id = fact_attendance.student_id
        and resolved.date = fact_attendance.date
    where resolved.student_id is null

    union all

    select
        student_id,
        date,
        class_id,
        class_basis,
        is_instructional,
        is_enrolled,
        status,
        absent_units,
        counted_units,
        fact_count
    from student_day_resolved

    union all

    select
        student_id,
        date,
        class_id,
        class_basis,
        is_instructional,
        is_enrolled,
        status,
        absent_units,
        counted_units,
        fact_count
    from student_day_unmarked
),

final as (
    select
        student_id,
        date,
        class_id,
        class_basis,
        is_instructional,
        is_enrolled,
        status,
        -- Outside an enrollment or on a day without school a mark is kept and counts nowhere.
        case when is_enrolled and is_instructional then absent_units else cast(0 as smallint) end as absent_units,
        case when is_enrolled and is_instructional then counted_units else cast(0 as smallint) end as counted_units,
        fact_count
    from every_day
)

select * from final
